#!/usr/bin/env node
import { Command } from "commander";

const program = new Command("pyrospan").description(
  "Continuous profiling with span-accurate trace-to-profile",
);
program
  .command("server", { isDefault: true })
  .description("start the server; -help lists its flags")
  .helpOption(false)
  .allowUnknownOption()
  .allowExcessArguments()
  .argument("[flags...]")
  .action(async (flags: string[]) => {
    process.argv.splice(2, process.argv.length, ...flags);
    await import("./main.ts");
  });
await program.parseAsync();
