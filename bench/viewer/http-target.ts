/** Where an HTTP viewer asks, and for what. */
export interface HttpTarget {
  /** Host and port, as the Host header names them. */
  readonly authority: string;
  readonly path: string;
}
