import { readDecimal64, readDecimal128 } from './read-decimal.ts';
import {
  cursor,
  PAST,
  readBlockCount,
  readInt,
  readLength,
  readLong,
  readLongAsDouble,
  skipLong,
} from './read-varint.ts';
import { scaleMillis } from './scale-millis.ts';

/** What generated code calls, by the names it calls them. */
export const DECODER_TOOLS = {
  PAST,
  cursor,
  readInt,
  readLength,
  readBlockCount,
  readLong,
  readLongAsDouble,
  skipLong,
  scaleMillis,
  readDecimal64,
  readDecimal128,
} as const;
