/** Where the service says what people may have to act on; pino's loggers fit. Never with secrets or bytes. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
