// Reads the frames that a WebSocket server sends and hands on their payload as slices. RFC 6455, 5.2.

const MAX_HEADER_BYTES = 10;
const OPCODE_CLOSE = 8;

export type OnPayload = (data: Buffer, start: number, end: number) => void;

export class WsReader {
  private readonly onPayload: OnPayload;
  private readonly header = Buffer.allocUnsafeSlow(MAX_HEADER_BYTES);
  private headerBytes = 0;
  private leftBytes = 0;
  private isControl = false;

  constructor(onPayload: OnPayload) {
    this.onPayload = onPayload;
  }

  feed(data: Buffer, start: number, end: number): void {
    let at = start;
    while (at < end) {
      if (this.leftBytes > 0) {
        const taken = Math.min(this.leftBytes, end - at);
        if (!this.isControl) this.onPayload(data, at, at + taken);
        this.leftBytes -= taken;
        at += taken;
      } else {
        this.header[this.headerBytes++] = data[at++]!;
        if (this.headerBytes >= 2 && this.headerBytes === headerSize(this.header)) this.startFrame();
      }
    }
  }

  private startFrame(): void {
    const opcode = this.header[0]! & 0x0f;
    const short = this.header[1]! & 0x7f;
    if ((this.header[1]! & 0x80) !== 0) throw new Error('a WebSocket server must not mask its frames');
    if (opcode === OPCODE_CLOSE) throw new Error('the server closed the WebSocket');
    this.isControl = opcode >= 8;
    this.headerBytes = 0;
    this.leftBytes =
      short < 126
        ? short
        : short === 126
          ? this.header.readUInt16BE(2)
          : this.header.readUInt32BE(2) * 2 ** 32 + this.header.readUInt32BE(6);
  }
}

function headerSize(header: Buffer): number {
  const short = header[1]! & 0x7f;
  return short === 127 ? 10 : short === 126 ? 4 : 2;
}
