import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Where `npm run dev` sends the page's requests: a server started beside it. */
const server = process.env.PYROSPAN_URL ?? "http://127.0.0.1:4040";

export default defineConfig({
  plugins: [react()],
  build: {
    // The first versions with light-dark(); older ones would need two copies of every color.
    target: ["chrome123", "firefox120", "safari17.5"],
    // Everything is a file of its own, named by its content: a browser fetches each once and keeps it.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      "/querier.v1.QuerierService": server,
      "/pyrospan.v1.SpanService": server,
    },
  },
});
