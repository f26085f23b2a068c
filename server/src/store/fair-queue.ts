/** Items in named queues that take turns: a name with a thousand items waiting does not hold up one with a single item. */
export class FairQueue<T> {
  private readonly queues = new Map<string, T[]>();

  push(name: string, item: T): void {
    const queue = this.queues.get(name);
    if (queue === undefined) this.queues.set(name, [item]);
    else queue.push(item);
  }

  /** The oldest item of the name whose turn it is; that name goes to the end of the round. */
  shift(): T | undefined {
    for (const [name, queue] of this.queues) {
      this.queues.delete(name);
      const item = queue.shift();
      if (queue.length > 0) this.queues.set(name, queue);
      return item;
    }
    return undefined;
  }

  /** Takes out one item, wherever it waits. */
  remove(item: T): void {
    for (const [name, queue] of this.queues) {
      const at = queue.indexOf(item);
      if (at < 0) continue;
      queue.splice(at, 1);
      if (queue.length === 0) this.queues.delete(name);
      return;
    }
  }

  /** Takes out everything. */
  drain(): T[] {
    const items = [...this.queues.values()].flat();
    this.queues.clear();
    return items;
  }
}
