import { type RefObject, useLayoutEffect } from "react";
import { paintFlameGraph, type Scene } from "./paint.ts";
import type { Palette } from "./palette.ts";

/** Keeps a canvas painted: once per frame of the screen however much has changed, sharp at any pixel density. */
export function useFlameCanvas(
  ref: RefObject<HTMLCanvasElement | null>,
  scene: Omit<Scene, "palette"> & { readonly palette: Palette | undefined },
): void {
  const { table, viewport, matches, focused, hovered, scrollTop, height, palette } = scene;
  useLayoutEffect(() => {
    const canvas = ref.current;
    const context = canvas?.getContext("2d", { alpha: false });
    if (!canvas || !context || !palette || viewport.width === 0) return;
    const request = requestAnimationFrame(() => {
      const ratio = window.devicePixelRatio || 1;
      const pixelWidth = Math.round(viewport.width * ratio);
      const pixelHeight = Math.round(height * ratio);
      if (canvas.width !== pixelWidth || canvas.height !== pixelHeight) {
        canvas.width = pixelWidth;
        canvas.height = pixelHeight;
        canvas.style.width = `${viewport.width}px`;
        canvas.style.height = `${height}px`;
      }
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      paintFlameGraph(context, {
        table,
        viewport,
        matches,
        focused,
        hovered,
        scrollTop,
        height,
        palette,
      });
    });
    return () => cancelAnimationFrame(request);
  }, [ref, table, viewport, matches, focused, hovered, scrollTop, height, palette]);
}
