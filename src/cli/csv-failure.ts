import { SluiceError } from '#core/errors.ts';

/** Codes of the CSV parser: the text breaks the format in a way that leaves no next line to go on with. */
const PARSER_CODE = /^(CSV_|INVALID_OPENING_QUOTE$)/;

/** A parser's failure as FORMAT_CORRUPT with the file's name; everything else unchanged. Shows no data. */
export function nameCsvFailure(error: unknown, file: string): unknown {
  const { code, lines } = error as { readonly code?: unknown; readonly lines?: unknown };
  if (typeof code !== 'string' || !PARSER_CODE.test(code)) return error;
  const place = typeof lines === 'number' ? `${file}:${lines}` : file;
  const problem =
    code === 'CSV_QUOTE_NOT_CLOSED'
      ? 'a quoted value is still open at the end of the file; close the quote'
      : 'quotes do not follow RFC 4180; expected a CSV file with "" for a quote inside a quoted value';
  return new SluiceError(
    'FORMAT_CORRUPT',
    `${place}: ${problem} (${code}); complete rows before it may have been sent`,
    { cause: error },
  );
}

/** The same chunks; a parser's failure names the file. */
export async function* withCsvFailuresNamed<T>(
  chunks: AsyncIterable<T>,
  file: string,
): AsyncGenerator<T> {
  try {
    yield* chunks;
  } catch (error) {
    throw nameCsvFailure(error, file);
  }
}
