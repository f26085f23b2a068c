import "./style/base.css";
import "./style/controls.css";
import "./style/profile.css";
import "./style/spans.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { applyStoredTheme } from "./state/theme.ts";

applyStoredTheme();
createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
