// Reads MP4 by the standard (ISO/IEC 14496-12), without the server's code: boxes as a tree, fragments as samples.

export interface Box {
  readonly type: string;
  /** Behind size and type. */
  readonly body: Buffer;
  readonly children: readonly Box[];
  /** Of the box in the file. */
  readonly offset: number;
}

const CONTAINERS = new Set(['moov', 'trak', 'mdia', 'minf', 'dinf', 'stbl', 'mvex', 'moof', 'traf']);

/** Throws where sizes do not add up. */
export function readBoxes(bytes: Buffer, base = 0): Box[] {
  const boxes: Box[] = [];
  let at = 0;
  while (at < bytes.length) {
    const size = at + 8 <= bytes.length ? bytes.readUInt32BE(at) : 0;
    if (size < 8 || at + size > bytes.length) throw new Error(`box of ${size} bytes at ${base + at}`);
    const type = bytes.toString('latin1', at + 4, at + 8);
    const body = bytes.subarray(at + 8, at + size);
    const children = CONTAINERS.has(type) ? readBoxes(body, base + at + 8) : [];
    boxes.push({ type, body, children, offset: base + at });
    at += size;
  }
  return boxes;
}

/** The only box of that path, such as `moov/trak/tkhd`. */
export function findAll(boxes: readonly Box[], path: string): Box[] {
  const [first, ...rest] = path.split('/');
  const found = boxes.filter(({ type }) => type === first);
  return rest.length === 0 ? found : found.flatMap(({ children }) => findAll(children, rest.join('/')));
}

export interface Sample {
  readonly trackId: number;
  /** Ticks of the track. */
  readonly time: number;
  readonly duration: number;
  readonly delay: number;
  readonly isKey: boolean;
  readonly data: Buffer;
}

/** The samples of all fragments of a segment, fragment by fragment and track by track. */
export function readSamples(bytes: Buffer): Sample[] {
  const boxes = readBoxes(bytes);
  return boxes.flatMap((moof, index) => {
    if (moof.type !== 'moof') return [];
    const mdat = boxes[index + 1];
    if (mdat?.type !== 'mdat') throw new Error('no mdat behind moof');
    const samples = findAll([moof], 'moof/traf').flatMap((traf) => readTraf(traf, bytes, moof.offset));
    const size = samples.reduce((sum, { data }) => sum + data.length, 0);
    if (size !== mdat.body.length) throw new Error(`mdat of ${mdat.body.length} bytes, samples of ${size}`);
    return samples;
  });
}

function readTraf({ children }: Box, bytes: Buffer, moofOffset: number): Sample[] {
  const body = (type: string) => children.find((box) => box.type === type)?.body ?? Buffer.alloc(0);
  const [tfhd, tfdt, trun] = [body('tfhd'), body('tfdt'), body('trun')];
  if (tfhd.readUInt32BE(0) !== 0x020000) throw new Error('tfhd flags');
  if (tfdt.readUInt32BE(0) !== 0x01000000) throw new Error('tfdt version');
  const flags = trun.readUInt32BE(0);
  let time = Number(tfdt.readBigUInt64BE(4));
  let data = moofOffset + trun.readInt32BE(8);
  let at = 12;
  return Array.from({ length: trun.readUInt32BE(4) }, () => {
    const duration = trun.readUInt32BE(at);
    const size = trun.readUInt32BE(at + 4);
    const isVideo = (flags & 0xc00) === 0xc00;
    const sample = {
      trackId: tfhd.readUInt32BE(4),
      time,
      duration,
      delay: isVideo ? trun.readInt32BE(at + 12) : 0,
      isKey: isVideo ? (trun.readUInt32BE(at + 8) & 0x10000) === 0 : true,
      data: bytes.subarray(data, data + size),
    };
    at += isVideo ? 16 : 8;
    time += duration;
    data += size;
    return sample;
  });
}
