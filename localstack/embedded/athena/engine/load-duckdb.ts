let loaded: Promise<typeof import('@duckdb/node-api')> | undefined;

/**
 * DuckDB's client. It is loaded by the first query, not by the start of the local cloud, and told to keep a byte
 * order mark at the start of a text: in a value it is data, and its decoder drops it.
 */
export async function loadDuckDb(): Promise<typeof import('@duckdb/node-api')> {
  loaded ??= load();
  return await loaded;
}

async function load(): Promise<typeof import('@duckdb/node-api')> {
  const { default: accessors } = await import('@duckdb/node-api/lib/vectors/dataAccessors.js');
  Object.assign(accessors, { textDecoder: new TextDecoder('utf-8', { ignoreBOM: true }) });
  return await import('@duckdb/node-api');
}
