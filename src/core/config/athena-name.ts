/**
 * Words that need quotes in a SELECT: an analyst would stumble over such a column in every query.
 * Source: Amazon Athena User Guide, "Escape reserved keywords in queries", list for SQL SELECT.
 */
const SELECT_RESERVED_WORDS: ReadonlySet<string> = words(`
  alter and as between by case cast constraint create cross cube current_catalog current_date
  current_path current_schema current_time current_timestamp current_user deallocate delete describe
  distinct drop else end escape except execute exists extract false first for from full group grouping
  having in inner insert intersect into is join json_array json_exists json_object json_query
  json_table json_value last left like listagg localtime localtimestamp natural normalize not null of
  on or order outer prepare recursive right rollup select skip table then trim true uescape union
  unnest using values when where with`);

/**
 * Words that need quotes in DDL. Tables are named in DDL and maintenance statements by hand, so
 * domains and streams avoid them too; columns are not (`timestamp` and `date` are fine columns).
 * Source: same page, list for DDL statements.
 */
const DDL_RESERVED_WORDS: ReadonlySet<string> = words(`
  all alter and array as authorization between bigint binary boolean both by case cashe cast char
  column conf constraint commit create cross cube current current_date current_timestamp cursor
  database date dayofweek decimal delete describe distinct div double drop else end exchange exists
  extended external extract false fetch float floor following for foreign from full function grant
  group grouping having if import in inner insert int integer intersect interval into is join lateral
  left less like local macro map more none not null numeric of on only or order out outer over
  partialscan partition percent preceding precision preserve primary procedure range reads reduce
  regexp references revoke right rlike rollback rollup row rows select set smallint start table
  tablesample then time timestamp to transform trigger true truncate unbounded union uniquejoin update
  user using utc_timestamp values varchar views when where window with`);

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}

/** What is wrong with the name of a column, or null. */
export function columnNameProblem(name: string): string | null {
  return SELECT_RESERVED_WORDS.has(name) ? reservedWordProblem(name) : null;
}

/** What is wrong with the name of a table or database, or null. */
export function tableNameProblem(name: string): string | null {
  const reserved = SELECT_RESERVED_WORDS.has(name) || DDL_RESERVED_WORDS.has(name);
  return reserved ? reservedWordProblem(name) : null;
}

function reservedWordProblem(name: string): string {
  return `expected a name that is not a reserved word of Athena, got "${name}"; try "${name}_value" or another noun`;
}
