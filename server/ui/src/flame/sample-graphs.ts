/** The stacks `a;b;e 1`, `a;c 2` and `a;c;d 1`, as a server writes them. For tests. */
export const worked = {
  names: ["total", "a", "c", "d", "b", "e"],
  levels: [
    { values: ["0", "4", "0", "0"] },
    { values: ["0", "4", "0", "1"] },
    { values: ["0", "1", "0", "4", "0", "3", "2", "2"] },
    { values: ["0", "1", "1", "5", "2", "1", "1", "3"] },
  ],
  total: "4",
};

/** A flame graph from stacks with values, `a;b;c` root first: children by name, the root called total. For tests. */
export function flameGraphOf(stacks: Readonly<Record<string, number>>) {
  const names = new Map([["total", 0]]);
  const root: Node = { name: 0, self: 0, total: 0, children: new Map() };
  for (const [stack, value] of Object.entries(stacks)) {
    let node = root;
    node.total += value;
    for (const name of stack.split(";")) {
      let child = node.children.get(name);
      if (!child) {
        const known = names.get(name) ?? names.size;
        names.set(name, known);
        child = { name: known, self: 0, total: 0, children: new Map() };
        node.children.set(name, child);
      }
      node = child;
      node.total += value;
    }
    node.self += value;
  }
  const levels: { values: number[] }[] = [];
  let row = [{ node: root, start: 0 }];
  while (row.length > 0) {
    const values: number[] = [];
    const next: typeof row = [];
    let end = 0;
    for (const { node, start } of row) {
      values.push(start - end, node.total, node.self, node.name);
      end = start + node.total;
      let x = start + node.self;
      for (const [, child] of [...node.children].sort(([a], [b]) => (a < b ? -1 : 1))) {
        next.push({ node: child, start: x });
        x += child.total;
      }
    }
    levels.push({ values });
    row = next;
  }
  return { names: [...names.keys()], levels };
}

interface Node {
  readonly name: number;
  self: number;
  total: number;
  readonly children: Map<string, Node>;
}
