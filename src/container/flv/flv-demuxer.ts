// Reads FLV in pieces of any size: files, HTTP-FLV from other servers, test and bench clients.
// Adobe Flash Video File Format 10.1, E.2 to E.4. It does not search for the next good tag in a damaged stream:
// what follows a wrong length is guesswork.

import { NO_BYTES } from '../../bytes/no-bytes.ts';
import { FLV_FILE_HEADER_SIZE, FLV_MAX_DATA_SIZE, FLV_TAG_HEADER_SIZE, type FlvTagType } from './flv-tag.ts';

/** These bytes are no FLV, or no FLV that we read. The demuxer is useless afterwards. */
export class FlvFormatError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'FlvFormatError';
  }
}

export interface FlvHandler {
  /** The flags of the file header: a promise that few senders keep. */
  header(hasAudio: boolean, hasVideo: boolean): void;
  /**
   * `timestampMs` is unsigned 32 bits; FLV's field is signed, see `unwrapTimestamp`.
   * `data` is lent until the call returns: a keeper copies.
   */
  tag(type: FlvTagType, timestampMs: number, data: Buffer): void;
}

export interface FlvDemuxerOptions {
  /** Larger tags are refused. Default: all that FLV can say, 16,777,215 bytes. */
  readonly maxDataSize?: number;
}

type State = 'file-header' | 'header-rest' | 'previous-tag-size' | 'tag-header' | 'data';

/** DataOffset allows extra header bytes, which nobody has ever used. */
const MAX_FILE_HEADER_SIZE = 1024;
const PREVIOUS_TAG_SIZE_BYTES = 4;
/** First allocation for a part that comes in pieces; it doubles as bytes come, so an announced size costs nothing. */
const FIRST_PIECE_SIZE = 16 * 1024;

export class FlvDemuxer {
  readonly #handler: FlvHandler;
  readonly #maxDataSize: number;
  #state: State = 'file-header';
  /** Bytes that make up the current part. */
  #needed = FLV_FILE_HEADER_SIZE;
  /** What has come of the current part, if it came in pieces. */
  #piece: Buffer = NO_BYTES;
  #pieceLength = 0;
  #tagType: FlvTagType = 8;
  #timestampMs = 0;

  constructor(handler: FlvHandler, options: FlvDemuxerOptions = {}) {
    this.#handler = handler;
    this.#maxDataSize = options.maxDataSize ?? FLV_MAX_DATA_SIZE;
  }

  /** Whether a file may end here: all tags so far are whole (the last PreviousTagSize may be missing). */
  get isBetweenTags(): boolean {
    return this.#pieceLength === 0 && (this.#state === 'tag-header' || this.#state === 'previous-tag-size');
  }

  /** Takes the next bytes, which stay the caller's. Throws FlvFormatError. */
  push(bytes: Buffer): void {
    let offset = 0;
    while (offset < bytes.length) {
      const taken = Math.min(this.#needed - this.#pieceLength, bytes.length - offset);
      const end = offset + taken;
      if (taken === this.#needed) this.#handlePart(bytes.subarray(offset, end));
      else this.#collect(bytes, offset, end);
      offset = end;
    }
  }

  #collect(bytes: Buffer, from: number, to: number): void {
    const length = this.#pieceLength + to - from;
    if (length > this.#piece.length) this.#growPiece(length);
    bytes.copy(this.#piece, this.#pieceLength, from, to);
    this.#pieceLength = length;
    if (length < this.#needed) return;
    const part = this.#piece.subarray(0, length);
    this.#pieceLength = 0;
    this.#piece = NO_BYTES;
    this.#handlePart(part);
  }

  #growPiece(length: number): void {
    const size = Math.min(Math.max(length, this.#piece.length * 2, FIRST_PIECE_SIZE), this.#needed);
    const grown = Buffer.allocUnsafe(size);
    this.#piece.copy(grown, 0, 0, this.#pieceLength);
    this.#piece = grown;
  }

  #handlePart(part: Buffer): void {
    switch (this.#state) {
      case 'file-header':
        this.#readFileHeader(part);
        break;
      case 'header-rest':
        this.#expect('previous-tag-size', PREVIOUS_TAG_SIZE_BYTES);
        break;
      case 'previous-tag-size':
        // Not compared: writers that get it wrong are harmless, and no reader here goes backwards.
        this.#expect('tag-header', FLV_TAG_HEADER_SIZE);
        break;
      case 'tag-header':
        this.#readTagHeader(part);
        break;
      case 'data':
        this.#emit(part);
        break;
      default:
        this.#state satisfies never;
    }
  }

  #expect(state: State, needed: number): void {
    this.#state = state;
    this.#needed = needed;
  }

  #readFileHeader(part: Buffer): void {
    if (part.toString('latin1', 0, 3) !== 'FLV') {
      throw new FlvFormatError(`no FLV: starts with ${part.toString('hex', 0, 3)}`);
    }
    if (part[3] !== 1) throw new FlvFormatError(`FLV version ${part[3]}`);
    const size = part.readUInt32BE(5);
    if (size < FLV_FILE_HEADER_SIZE || size > MAX_FILE_HEADER_SIZE) {
      throw new FlvFormatError(`FLV header of ${size} bytes`);
    }
    if (size > FLV_FILE_HEADER_SIZE) this.#expect('header-rest', size - FLV_FILE_HEADER_SIZE);
    else this.#expect('previous-tag-size', PREVIOUS_TAG_SIZE_BYTES);
    this.#handler.header((part[4]! & 4) !== 0, (part[4]! & 1) !== 0);
  }

  #readTagHeader(part: Buffer): void {
    const type = part[0]!;
    if (type !== 8 && type !== 9 && type !== 18) {
      const isEncrypted = (type & 0x20) !== 0;
      throw new FlvFormatError(isEncrypted ? 'encrypted FLV tag' : `FLV tag type ${type}`);
    }
    const size = part.readUIntBE(1, 3);
    if (size > this.#maxDataSize) {
      throw new FlvFormatError(`FLV tag of ${size} bytes, ${this.#maxDataSize} are allowed`);
    }
    this.#tagType = type;
    this.#timestampMs = (part.readUIntBE(4, 3) | (part[7]! << 24)) >>> 0;
    if (size === 0) this.#emit(NO_BYTES);
    else this.#expect('data', size);
  }

  #emit(data: Buffer): void {
    this.#expect('previous-tag-size', PREVIOUS_TAG_SIZE_BYTES);
    this.#handler.tag(this.#tagType, this.#timestampMs, data);
  }
}
