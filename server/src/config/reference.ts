import { environmentName } from "../config.ts";
import { limitOptions, type Option, serverOptions } from "./options.ts";

/** The page of the documentation on configuration, made from the options. */
export function configurationReference(): string {
  return `${INTRODUCTION}
## Process

${table(Object.values(serverOptions))}

## Limits

Each holds for every tenant that \`runtime_config\` says nothing else about. There the last part of the YAML key is used:

\`\`\`yaml
overrides:
  tenant-a:
    ingestion_rate_mb: 20
    max_query_lookback: 30d
\`\`\`

${table(Object.values(limitOptions))}
`;
}

const INTRODUCTION = `# Configuration

Every setting is a flag, an environment variable and, with few exceptions, a key of a YAML file (\`-config.file\`). Flags win
over the environment, the environment over the file, the file over the defaults. Names are those of Pyroscope where it has
the setting.

- Flags take one dash or two: \`-name=value\`, \`--name value\`; those that are on or off may stand alone.
- Durations are written \`500ms\`, \`30s\`, \`1h30m\`, \`7d\`, \`2w\`; those of timers are at most 24 days. Sizes are numbers in the unit of the table.
- The file is read strictly: an unknown key is an error. All problems are told at once, each with the name of its setting.
- What is in use is logged at the start and served at \`/api/v1/status/config\` (\`/diff\`: what is not a default).
- Exit codes: 2 for a bad flag, 1 for any other problem before or during the start, 0 after SIGTERM or SIGINT. A second
  signal kills the process as SIGKILL does.

This page is made from the program: \`npx vitest run --project server server/src/config/reference.test.ts -u\` writes it anew.
`;

function table(options: readonly Option[]): string {
  const rows = options.map((option) => {
    const yaml = option.yaml === undefined ? "" : `\`${option.yaml.join(".")}\``;
    const unit = option.unit === undefined ? "" : ` ${option.unit}`;
    const fallback = option.default === "" ? "empty" : `\`${option.default}\`${unit}`;
    const names = `\`-${option.flag}\`<br>\`${environmentName(option.flag)}\``;
    return `| ${names} | ${yaml} | ${fallback} | ${option.doc.replaceAll("|", "\\|")} |`;
  });
  const head = "| Flag and variable | YAML | Default | |\n| --- | --- | --- | --- |";
  return [head, ...rows].join("\n");
}
