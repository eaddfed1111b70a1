// Reads an FLV stream at the least cost: tag headers are parsed and checked, bodies are skipped where they
// lie, and only their first bytes are kept. FLV 10.1, annex E.

/** Enough for the frame type and a stamp. */
const HEAD_BYTES = 64;
const FILE_HEADER_BYTES = 9;
/** The size of the tag before, then the header of the next. */
const TAG_HEADER_BYTES = 4 + 11;

export type OnTag = (
  type: number,
  timestampMs: number,
  lengthBytes: number,
  head: Buffer,
  headBytes: number,
) => void;

export class FlvReader {
  private readonly onTag: OnTag;
  private readonly header = Buffer.allocUnsafeSlow(TAG_HEADER_BYTES);
  private readonly head = Buffer.allocUnsafeSlow(HEAD_BYTES);
  private headerBytes = 0;
  private wantedBytes = FILE_HEADER_BYTES;
  private isInsideTag = false;
  private headBytes = 0;
  private leftBytes = 0;
  private lengthBytes = 0;
  private previousTagBytes = 0;

  constructor(onTag: OnTag) {
    this.onTag = onTag;
  }

  /** Takes `data` from `start` to `end`; nothing of it is kept after the call. Throws when it is no FLV. */
  feed(data: Buffer, start: number, end: number): void {
    let at = start;
    while (at < end) {
      at = this.isInsideTag ? this.skipBody(data, at, end) : this.readHeader(data, at, end);
    }
  }

  private readHeader(data: Buffer, at: number, end: number): number {
    const taken = Math.min(this.wantedBytes - this.headerBytes, end - at);
    data.copy(this.header, this.headerBytes, at, at + taken);
    this.headerBytes += taken;
    if (this.headerBytes === this.wantedBytes) {
      this.headerBytes = 0;
      if (this.wantedBytes === FILE_HEADER_BYTES) this.startFile();
      else this.startTag();
    }
    return at + taken;
  }

  private startFile(): void {
    if (this.header.toString('latin1', 0, 3) !== 'FLV') throw new Error('the stream is not FLV');
    this.wantedBytes = TAG_HEADER_BYTES;
  }

  private startTag(): void {
    const previous = this.header.readUInt32BE(0);
    if (previous !== this.previousTagBytes) {
      throw new Error(`previous tag size is ${previous}, expected ${this.previousTagBytes}`);
    }
    this.lengthBytes = this.header.readUIntBE(5, 3);
    this.previousTagBytes = this.lengthBytes + 11;
    this.leftBytes = this.lengthBytes;
    this.headBytes = 0;
    this.isInsideTag = true;
    if (this.leftBytes === 0) this.endTag();
  }

  private skipBody(data: Buffer, at: number, end: number): number {
    const taken = Math.min(this.leftBytes, end - at);
    if (this.headBytes < HEAD_BYTES) {
      const kept = Math.min(taken, HEAD_BYTES - this.headBytes);
      data.copy(this.head, this.headBytes, at, at + kept);
      this.headBytes += kept;
    }
    this.leftBytes -= taken;
    if (this.leftBytes === 0) this.endTag();
    return at + taken;
  }

  private endTag(): void {
    this.isInsideTag = false;
    const timestampMs = ((this.header[11]! << 24) | this.header.readUIntBE(8, 3)) >>> 0;
    this.onTag(this.header[4]! & 0x1f, timestampMs, this.lengthBytes, this.head, this.headBytes);
  }
}
