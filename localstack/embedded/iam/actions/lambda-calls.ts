import { functionNameOf } from '#embedded/lambda/function-name.ts';
import { arnOf, type ServiceCall } from './service-call.ts';

const INVOKE = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;
const FUNCTION = /^\/2015-03-31\/functions\/([^/]+)$/;

/** Null for what has no entry. Source: Service authorization reference, AWS Lambda. */
export function lambdaCalls(method: string, path: string): readonly ServiceCall[] | null {
  const invoked = method === 'POST' ? INVOKE.exec(path)?.[1] : undefined;
  if (invoked !== undefined) {
    return [{ action: 'lambda:InvokeFunction', resource: functionArn(invoked) }];
  }
  const described = method === 'GET' ? FUNCTION.exec(path)?.[1] : undefined;
  return described === undefined
    ? null
    : [{ action: 'lambda:GetFunction', resource: functionArn(described) }];
}

function functionArn(encoded: string): string {
  try {
    const name = decodeURIComponent(encoded);
    return arnOf('lambda', `function:${functionNameOf(name) ?? name}`);
  } catch {
    return arnOf('lambda', `function:${encoded}`);
  }
}
