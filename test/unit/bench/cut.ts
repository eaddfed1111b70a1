/** Feeds `bytes` whole, then cut in two at every byte, then byte by byte. */
export function forEachCut(bytes: Buffer, run: (feed: (sink: Feeds) => void) => void): void {
  for (let cut = 0; cut <= bytes.length; cut++) {
    run((sink) => {
      sink.feed(bytes, 0, cut);
      sink.feed(bytes, cut, bytes.length);
    });
  }
  run((sink) => {
    for (let at = 0; at < bytes.length; at++) sink.feed(bytes, at, at + 1);
  });
}

export interface Feeds {
  feed(data: Buffer, start: number, end: number): void;
}
