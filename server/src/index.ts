// Starting a server from a program, as `main.ts` does.
export { type Config, ConfigError, type ConfigSources, loadConfig } from "./config.ts";
export { defaultLimits, type TenantLimits } from "./limits.ts";
export { type RunningServer, startServer } from "./start-server.ts";
