// Loaded into the server's process ahead of it: when the parent is gone, however it ended, the server ends as on SIGTERM.
process.on("disconnect", () => process.kill(process.pid, "SIGTERM"));
