// What the muxer needs of a codec: how the payload of a message becomes bytes of an elementary stream.

/** One track. `plan` looks at a message, `write` writes what was planned last; the payload is lent in between. */
export interface ElementaryFraming {
  /** A decoder configuration has been read, or the codec needs none. */
  readonly isConfigured: boolean;
  /** Reads the decoder configuration of a sequence header. False if it does not parse; the old one stays. */
  configure(record: Buffer): boolean;
  /** Bytes that the frame at `offset` of `payload` takes. 0 = nothing to write, -1 = the frame is broken. */
  plan(payload: Buffer, offset: number): number;
  /** Writes the planned frame. */
  write(target: Buffer, offset: number): void;
}
