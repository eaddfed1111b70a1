// Finds the end of what is whole in a movie that was being recorded in fragments (recorded-movie.ts).

/** Bytes of a box's head with a 64-bit size. */
const HEAD_SIZE = 16;

interface BoxHead {
  readonly type: string;
  readonly size: number;
}

/**
 * Bytes up to the end of the last whole fragment; of the whole movie, if it was complete already; 0 if there is no
 * whole fragment; undefined if this is no such movie.
 * @param read reads so many bytes from there; fewer where the file ends
 */
export async function wholeMovieSize(
  read: (position: number, size: number) => Promise<Buffer>,
  fileSize: number,
): Promise<number | undefined> {
  const first = boxHead(await read(0, HEAD_SIZE));
  if (first?.type !== 'ftyp') return undefined;
  let whole = 0;
  let before = first.type;
  for (let position = first.size; position < fileSize; ) {
    const head = boxHead(await read(position, HEAD_SIZE));
    if (head === undefined || position + head.size > fileSize) break;
    position += head.size;
    // A movie whose samples are listed at its end is one mdat behind ftyp.
    if (before === 'mdat' && whole === 0 && head.type === 'moov') return position;
    if (before === 'moof' && head.type === 'mdat') whole = position;
    before = head.type;
  }
  return whole === 0 && before === 'mdat' ? undefined : whole;
}

function boxHead(bytes: Buffer): BoxHead | undefined {
  if (bytes.length < 8) return undefined;
  const type = bytes.toString('latin1', 4, 8);
  const size = bytes.readUInt32BE(0);
  if (size >= 8) return { type, size };
  if (size !== 1 || bytes.length < HEAD_SIZE) return undefined;
  const largeSize = Number(bytes.readBigUInt64BE(8));
  return largeSize >= HEAD_SIZE ? { type, size: largeSize } : undefined;
}
