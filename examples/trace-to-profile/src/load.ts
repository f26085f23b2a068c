/** Requests in the mix of a small shop: mostly browsing, some buying. */
const paths = [
  "/search?q=blue+lamp+12",
  "/search?q=woolen+scarf",
  "/recommendations/7",
  "/recommendations/801",
  "/stock",
  "/checkout?items=6",
  "/stock",
  "/checkout?items=16",
];

/**
 * Keeps `clients` requests under way against the shop until `signal` aborts, each client `pauseMs` apart.
 * @returns the number of answered requests; throws when the shop answers with an error.
 */
export async function runLoad(
  url: string,
  clients: number,
  pauseMs: number,
  signal: AbortSignal,
): Promise<number> {
  let answered = 0;
  await Promise.all(Array.from({ length: clients }, (_, client) => runClient(client)));
  return answered;

  async function runClient(client: number): Promise<void> {
    for (let turn = client; !signal.aborted; turn++) {
      const response = await fetch(url + paths[turn % paths.length]);
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`the shop answered ${response.status} to ${response.url}`);
      answered++;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}
