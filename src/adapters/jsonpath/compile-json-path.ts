import { compile, JSONPathError, type JSONValue } from 'json-p3';
import { SluiceError } from '#core/errors.ts';
import type { CompileJsonPath } from '#core/poll/json-document.ts';

/** JSONPath as RFC 9535 has it. */
export const compileJsonPath: CompileJsonPath = (text) => {
  const query = compileQuery(text);
  return {
    singular: query.singularQuery(),
    find: (plain) => query.query(plain as JSONValue).locations(),
  };
};

function compileQuery(text: string): ReturnType<typeof compile> {
  try {
    return compile(text);
  } catch (error) {
    if (!(error instanceof JSONPathError)) throw error;
    throw new SluiceError('EXPRESSION_INVALID', `no JSONPath (RFC 9535): ${error.message}`, {
      context: { column: error.token.index + 1 },
      cause: error,
    });
  }
}
