// What has happened since the start, counted where it happens and read by the metrics.

export class EventCounts {
  publishes = 0;
  plays = 0;
  /** By an operator, through the API. */
  kicks = 0;
  refusedPublishes = 0;
  refusedPlays = 0;
  /** Closed at once because of `max_connections`. */
  refusedConnections = 0;
  /** Connections that the server gave up, and requests that it failed to answer. */
  errors = 0;
  /** A viewer read too slowly and went on at a later place. */
  skips = 0;
  /** What slow viewers have missed. */
  skippedMessages = 0;
}
