// The one Buffer without bytes: a Buffer of its own costs some 200 bytes, for each viewer.

export const NO_BYTES: Buffer = Buffer.alloc(0);
