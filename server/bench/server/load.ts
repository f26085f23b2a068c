import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { BodyFacts, BodyPlan } from "./bodies.ts";
import type { LoadAnswer, LoadCommand, SendPlan, SendResult } from "./load-protocol.ts";

/** A process of its own that makes bodies and sends them. One command at a time. */
export class Load {
  private readonly child: ChildProcess = fork(join(import.meta.dirname, "load-process.ts"), {
    execArgv: ["--conditions=source"],
    serialization: "advanced",
  });
  private readonly ended: Promise<unknown[]> = once(this.child, "exit");

  /** Makes the bodies that later calls of {@link send} send. */
  async prepare(plan: BodyPlan): Promise<BodyFacts> {
    const answer = await this.ask({ kind: "prepare", plan });
    if (answer.kind === "prepared") return answer.facts;
    throw unexpected(answer);
  }

  /** Sends the prepared bodies from the first on. */
  async send(send: SendPlan): Promise<SendResult> {
    const answer = await this.ask({ kind: "send", send });
    if (answer.kind === "sent") return answer.result;
    throw unexpected(answer);
  }

  close(): void {
    this.child.kill();
  }

  private async ask(command: LoadCommand): Promise<LoadAnswer> {
    this.child.send(command);
    const [answer] = await Promise.race([once(this.child, "message"), this.end()]);
    return answer as LoadAnswer;
  }

  private async end(): Promise<never> {
    const [code, signal] = await this.ended;
    throw new Error(`the load process ended: ${signal ?? code}`);
  }
}

function unexpected(answer: LoadAnswer): Error {
  return new Error(answer.kind === "failed" ? `load process: ${answer.message}` : answer.kind);
}
