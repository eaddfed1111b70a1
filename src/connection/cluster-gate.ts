// What connections ask of the servers around this one: where streams come from that nobody publishes here, and
// where they go. cluster/ implements it, server.ts hands it over.

import type { RtmpUrl } from '../protocol/rtmp/url.ts';
import type { Stream } from '../stream/stream.ts';

export interface ClusterGate {
  /**
   * A viewer of any protocol begins to wait for a stream. On an edge it is fetched as long as somebody does.
   * @param url what the viewer asked for: its parameters go upstream
   * @returns what to call when the viewer is gone; twice is fine
   */
  joinViewer(stream: Stream, url: RtmpUrl): () => void;
}
