// The log lines that SRS writes for events of its configuration directory: users' tools look for them.

/** What happened to an entry of the directory. */
export type EntryEvent = 'modified' | 'created' | 'directory-created' | 'moved-here';

/** Bits of inotify(7): IN_MODIFY, IN_CREATE, IN_CREATE | IN_ISDIR, IN_MOVED_TO. */
const MASK: Readonly<Record<EntryEvent, number>> = {
  modified: 0x2,
  created: 0x100,
  'directory-created': 0x40000100,
  'moved-here': 0x80,
};

/** @param isReload true from the first entry of a batch on that makes a reload necessary */
export function inotifyLine(event: EntryEvent, name: string, isReload: boolean): string {
  // The kernel pads the name, with its final NUL, to a multiple of 16.
  const length = Math.ceil((Buffer.byteLength(name) + 1) / 16) * 16;
  return `inotify event wd=1, mask=0x${MASK[event].toString(16)}, len=${length}, name=${name}, reload=${Number(isReload)}`;
}
