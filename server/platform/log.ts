import { destination, pino, stdSerializers, type Logger } from 'pino';

export type Log = Logger;

/** JSON lines on standard error; standard output is for what people read. Control characters are escaped by JSON. */
export const createLog = (level: string): Log =>
  pino(
    {
      level,
      base: null,
      serializers: { error: stdSerializers.err, cause: stdSerializers.err },
      redact: ['password', 'code', 'cookie', '*.password'],
    },
    destination(2),
  );
