// The viewers of a fan-out in groups: all of one group are flushed in the same turn of the event loop and, as
// long as they keep up, get the same slices of the log.

import type { SlotClock, SlotTask } from '../timing/slot-clock.ts';
import type { Viewer } from './viewer.ts';

/** A group is filled up to here before a stream opens another one in another slot. */
const GROUP_FILL = 128;

export class ViewerGroup implements SlotTask {
  readonly viewers: Viewer[] = [];
  readonly #onFlush: (group: ViewerGroup) => void;
  /** Sequence number behind the entries of the last flush. */
  next: number;
  /** Takes the group off its clock. */
  stop: () => void = () => {};

  constructor(next: number, onFlush: (group: ViewerGroup) => void) {
    this.next = next;
    this.#onFlush = onFlush;
  }

  get load(): number {
    return 1 + this.viewers.length;
  }

  run(): void {
    this.#onFlush(this);
  }
}

export class ViewerGroups {
  readonly #onFlush: (group: ViewerGroup) => void;
  readonly #groups: ViewerGroup[] = [];
  readonly #groupOf = new Map<Viewer, ViewerGroup>();
  #clock: SlotClock | undefined;

  /** @param clock flushes the groups in turn; without one, `flushAll` is the only flush */
  constructor(clock: SlotClock | undefined, onFlush: (group: ViewerGroup) => void) {
    this.#clock = clock;
    this.#onFlush = onFlush;
  }

  get viewerCount(): number {
    return this.#groupOf.size;
  }

  /** All viewers at this moment. */
  get viewers(): Viewer[] {
    return [...this.#groupOf.keys()];
  }

  /** @param end of the log: where a new group starts */
  add(viewer: Viewer, end: number): void {
    const group = this.#groupWithRoom() ?? this.#openGroup(end);
    group.viewers.push(viewer);
    this.#groupOf.set(viewer, group);
  }

  /** @returns false if the viewer was not here (any more) */
  remove(viewer: Viewer): boolean {
    const group = this.#groupOf.get(viewer);
    if (group === undefined) return false;
    this.#groupOf.delete(viewer);
    // The last one takes the free place: a flush that runs from the end has been there already.
    const index = group.viewers.indexOf(viewer);
    const last = group.viewers.pop() as Viewer;
    if (last !== viewer) group.viewers[index] = last;
    if (group.viewers.length === 0) {
      group.stop();
      this.#groups.splice(this.#groups.indexOf(group), 1);
    }
    return true;
  }

  setClock(clock: SlotClock | undefined): void {
    this.#clock = clock;
    for (const group of this.#groups) {
      group.stop();
      group.stop = clock?.add(group) ?? (() => {});
    }
  }

  flushAll(): void {
    for (const group of this.#groups.slice()) group.run();
  }

  /** The smallest sequence number that a group or a viewer still needs, `end` if there is none. */
  oldestNeeded(end: number): number {
    let oldest = end;
    for (const group of this.#groups) {
      if (group.next < oldest) oldest = group.next;
      for (const viewer of group.viewers) if (viewer.next < oldest) oldest = viewer.next;
    }
    return oldest;
  }

  #groupWithRoom(): ViewerGroup | undefined {
    let smallest: ViewerGroup | undefined;
    for (const group of this.#groups) {
      if (smallest === undefined || group.viewers.length < smallest.viewers.length) smallest = group;
    }
    const isLastSlot = this.#groups.length >= (this.#clock?.slotCount ?? 1);
    return smallest !== undefined && (isLastSlot || smallest.viewers.length < GROUP_FILL)
      ? smallest
      : undefined;
  }

  #openGroup(end: number): ViewerGroup {
    const group = new ViewerGroup(end, this.#onFlush);
    if (this.#clock !== undefined) group.stop = this.#clock.add(group);
    this.#groups.push(group);
    return group;
  }
}
