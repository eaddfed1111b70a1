// SRS's numbers for what can go wrong in an API call.

export const ERROR_CODE = {
  /** /api/v1/tests/errors always fails with it. */
  test: 100,
  rawRpcUnknown: 1060,
  rawDisabled: 1061,
  exporterDisabled: 1090,
  vhostNotFound: 2014,
  streamNotFound: 2048,
  clientNotFound: 2049,
} as const;
