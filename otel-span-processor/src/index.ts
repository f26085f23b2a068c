export {
  PyrospanSpanProcessor,
  type PyrospanSpanProcessorOptions,
} from "./span-processor.ts";
