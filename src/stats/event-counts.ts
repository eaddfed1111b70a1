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
  /** Connections that the server gave up: silent, broken or hostile peers. */
  errors = 0;
}
