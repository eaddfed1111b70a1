// FLV bytes written out for tests. FLV 10.1, annex E.

export function tag(type: number, timestampMs: number, body: Buffer): Buffer {
  const header = Buffer.alloc(11);
  header[0] = type;
  header.writeUIntBE(body.length, 1, 3);
  header.writeUIntBE(timestampMs % 0x1000000, 4, 3);
  header[7] = Math.floor(timestampMs / 0x1000000);
  return Buffer.concat([header, body]);
}

/** File header and tags, each preceded by the size of the one before. */
export function flvFile(...tags: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [Buffer.from('464c5601050000000900000000', 'hex')];
  for (const one of tags) {
    const size = Buffer.alloc(4);
    size.writeUInt32BE(one.length);
    parts.push(one, size);
  }
  return Buffer.concat(parts);
}

export function videoTag(timestampMs: number, isKeyFrame: boolean, bytes = 200): Buffer {
  const body = Buffer.alloc(bytes);
  body[0] = isKeyFrame ? 0x17 : 0x27;
  body[1] = 1;
  return tag(9, timestampMs, body);
}

export function audioTag(timestampMs: number): Buffer {
  return tag(8, timestampMs, Buffer.concat([Buffer.from([0xaf, 1]), Buffer.alloc(20)]));
}
