import { failAt, notSupported } from '../sql-failure.ts';
import { localTime } from '../trino-types/cast-to-text.ts';
import { type Compiled, coerce } from '../trino-types/compiled.ts';
import { quoteText, TIMESTAMP, TIMESTAMP_UTC, VARCHAR } from '../trino-types/trino-type.ts';
import {
  type FunctionTable,
  literalText,
  requireArity,
  type ScalarCall,
  unexpectedParameters,
} from './function-spec.ts';

/** MySQL's format letters in strftime's; letters Trino refuses are missing. Source: Trino documentation, MySQL date functions. */
const MYSQL_LETTERS: Readonly<Record<string, string>> = {
  a: '%a',
  b: '%b',
  c: '%-m',
  d: '%d',
  e: '%-d',
  f: '%f',
  H: '%H',
  h: '%I',
  I: '%I',
  i: '%M',
  j: '%j',
  k: '%-H',
  l: '%-I',
  M: '%B',
  m: '%m',
  p: '%p',
  r: '%I:%M:%S %p',
  S: '%S',
  s: '%S',
  T: '%H:%M:%S',
  W: '%A',
  Y: '%Y',
  y: '%y',
  '%': '%%',
};

/** Joda's pattern letters in strftime's. Source: Joda-Time, DateTimeFormat. */
const JODA_LETTERS: Readonly<Record<string, string>> = {
  yyyy: '%Y',
  YYYY: '%Y',
  yy: '%y',
  MM: '%m',
  M: '%-m',
  MMM: '%b',
  MMMM: '%B',
  dd: '%d',
  d: '%-d',
  HH: '%H',
  H: '%-H',
  hh: '%I',
  h: '%-I',
  mm: '%M',
  ss: '%S',
  SSS: '%g',
  a: '%p',
  E: '%a',
  EEE: '%a',
  EEEE: '%A',
  DDD: '%j',
};

/** Formats have to be literals: they are translated before the query runs. */
export const DATE_FORMAT_FUNCTIONS: FunctionTable = {
  date_format: { kind: 'scalar', compile: (call) => format(call, fromMysql) },
  format_datetime: { kind: 'scalar', compile: (call) => format(call, fromJoda) },
  date_parse: {
    kind: 'scalar',
    compile: (call) => ({ sql: parse(call, fromMysql), type: TIMESTAMP }),
  },
  parse_datetime: {
    kind: 'scalar',
    compile: (call) => ({ sql: parse(call, fromJoda), type: TIMESTAMP_UTC }),
  },
};

type Translate = (format: string, call: ScalarCall) => string;

function format(call: ScalarCall, translate: Translate): Compiled {
  requireArity(call, 2);
  const [value] = call.args;
  const kinds = ['date', 'timestamp', 'timestamp-tz', 'unknown'];
  if (value === undefined || !kinds.includes(value.type.kind)) throw unexpectedParameters(call);
  const time =
    value.type.kind === 'timestamp-tz' ? value : coerce(value, { kind: 'timestamp', precision: 6 });
  const pattern = translate(literalText(call, 1, 'format'), call);
  // Milliseconds are all Trino's formatter sees: %f shows three digits and three zeros.
  const milliseconds = `date_trunc('millisecond', ${localTime(time)})`;
  return { sql: `strftime(${milliseconds}, ${quoteText(pattern)})`, type: VARCHAR };
}

function parse(call: ScalarCall, translate: Translate): string {
  requireArity(call, 2);
  const [value] = call.args;
  if (value === undefined || !['varchar', 'unknown'].includes(value.type.kind)) {
    throw unexpectedParameters(call);
  }
  const pattern = translate(literalText(call, 1, 'format'), call);
  const text = coerce(value, VARCHAR).sql;
  const parsed = `try_strptime(${text}, ${quoteText(pattern)})`;
  const failure = `CAST(athena_fail('INVALID_FUNCTION_ARGUMENT: Invalid format: "' || ${text} || '"') AS TIMESTAMP)`;
  return `CASE WHEN ${text} IS NOT NULL AND ${parsed} IS NULL THEN ${failure} ELSE date_trunc('millisecond', ${parsed}) END`;
}

function fromMysql(format: string, call: ScalarCall): string {
  let translated = '';
  for (let at = 0; at < format.length; at++) {
    const character = format.charAt(at);
    if (character !== '%') {
      translated += character;
      continue;
    }
    at += 1;
    const letter = MYSQL_LETTERS[format.charAt(at)];
    if (letter === undefined) {
      throw failAt(
        'INVALID_FUNCTION_ARGUMENT',
        call.nodes[1] ?? call,
        `%${format.charAt(at)} not supported in date format string`,
      );
    }
    translated += letter;
  }
  return translated;
}

function fromJoda(format: string, call: ScalarCall): string {
  const tokens = format.match(/'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']+/g) ?? [];
  if (tokens.join('') !== format) throw notSupported(call, `the format "${format}"`);
  return tokens
    .map((token) => {
      if (token === "''") return "'";
      if (token.startsWith("'"))
        return token.slice(1, -1).replaceAll("''", "'").replaceAll('%', '%%');
      if (!/^[A-Za-z]/.test(token)) return token.replaceAll('%', '%%');
      const letter = JODA_LETTERS[token];
      if (letter === undefined) throw notSupported(call, `${token} in the format "${format}"`);
      return letter;
    })
    .join('');
}
