import { useLookAgain } from "../state/use-look-again.ts";

/** What a newcomer sees: how to send the first profile. Looks again by itself until there is one. */
export function NoDataYet({ refresh }: { refresh: () => void }) {
  useLookAgain(refresh);
  return (
    <div className="notice">
      <h2>No profiles in this time range</h2>
      <p>Profile a Node.js program and send it here:</p>
      <pre>
        <code>{`import * as pyroscope from "@pyrospan/sdk-node";

pyroscope.start({ appName: "my-app", serverAddress: "${location.origin}" });`}</code>
      </pre>
      <p>
        The first profile arrives after 15 seconds and shows up here by itself. Any agent that
        speaks the Pyroscope push API works as well. If you expect older data, choose a longer time
        range.
      </p>
    </div>
  );
}
