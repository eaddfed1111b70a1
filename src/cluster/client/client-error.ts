// Why a connection to another server failed, with SRS's numbers, which users' log filters know.

export const CLIENT_ERROR_CODE = {
  closed: 1007,
  timeout: 1011,
  connect: 1018,
  resolve: 1029,
  refused: 2003,
  redirects: 2800,
} as const;

export type ClientErrorKind = keyof typeof CLIENT_ERROR_CODE;

export class ClientError extends Error {
  readonly code: number;

  constructor(code: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ClientError';
    this.code = code;
  }

  static of(kind: ClientErrorKind, message: string): ClientError {
    return new ClientError(CLIENT_ERROR_CODE[kind], message);
  }
}
