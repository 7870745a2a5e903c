// Runs in every sandbox: loads the handler and calls it for each invocation of the Lambda Runtime API.
// Source: AWS Lambda developer guide, "Using the Lambda runtime API for custom runtimes".
import { existsSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const RUNTIME_PATH = '/2018-06-01/runtime';
const [host, port] = String(process.env.AWS_LAMBDA_RUNTIME_API).split(':');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

/** Request id of the invocation that the handler works on, null between two. */
let currentRequestId = null;

/** Without its Runtime API a sandbox has nothing to live for: the local cloud was killed. */
const exitAlone = () => process.exit(1);

function call(method, resource, options = {}) {
  const { body, errorType } = options;
  const headers = { 'content-type': 'application/json' };
  if (errorType !== undefined) headers['lambda-runtime-function-error-type'] = errorType;
  if (body !== undefined) headers['content-length'] = Buffer.byteLength(body);
  const pathname = `${RUNTIME_PATH}${resource}`;
  return new Promise((resolve) => {
    const request = http.request({ host, port, method, path: pathname, agent, headers });
    request.on('error', exitAlone);
    request.on('response', (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', exitAlone);
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks) }));
    });
    request.end(body);
  });
}

function runtimeError(name, message) {
  const error = new Error(message);
  error.name = name;
  return error;
}

function describeError(error) {
  if (error instanceof Error) {
    const trace = String(error.stack ?? '').split('\n');
    return { errorType: error.name, errorMessage: error.message, trace };
  }
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}

async function postError(resource, error) {
  const description = describeError(error);
  const { errorType, errorMessage } = description;
  const trace = description.trace.join('\n') || `${errorType}: ${errorMessage}`;
  process.stderr.write(`${trace}\n`);
  await call('POST', resource, { body: JSON.stringify(description), errorType });
}

async function importHandlerModule(file) {
  for (const extension of ['', '.js', '.mjs', '.cjs']) {
    const candidate = `${file}${extension}`;
    if (!existsSync(candidate)) continue;
    if (extension === '.mjs') return import(pathToFileURL(candidate).href);
    return createRequire(candidate)(candidate);
  }
  throw runtimeError('Runtime.ImportModuleError', `Error: Cannot find module '${file}'`);
}

async function loadHandler() {
  const handler = String(process.env._HANDLER);
  const baseName = path.basename(handler);
  const match = /^([^.]*)\.(.+)$/.exec(baseName);
  if (match === null || handler.includes('..')) {
    throw runtimeError('Runtime.MalformedHandlerName', `Bad handler '${handler}'`);
  }
  const folder = handler.slice(0, handler.length - baseName.length);
  const file = path.resolve(String(process.env.LAMBDA_TASK_ROOT), folder, match[1]);
  let module;
  try {
    module = await importHandlerModule(file);
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw runtimeError('Runtime.UserCodeSyntaxError', `SyntaxError: ${error.message}`);
    }
    const isMissing = error?.code === 'MODULE_NOT_FOUND' || error?.code === 'ERR_MODULE_NOT_FOUND';
    throw isMissing ? runtimeError('Runtime.ImportModuleError', `Error: ${error.message}`) : error;
  }
  const found = match[2].split('.').reduce((value, key) => value?.[key], module);
  if (typeof found !== 'function') {
    const message = `${handler} is undefined or not exported`;
    throw runtimeError('Runtime.HandlerNotFound', message);
  }
  if (found.length >= 3) {
    const message = `${handler} takes a callback, which nodejs24.x does not call; make it async`;
    throw runtimeError('Runtime.CallbackHandlerDeprecated', message);
  }
  return found;
}

function createContext(headers) {
  const deadlineMs = Number(headers['lambda-runtime-deadline-ms']);
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: undefined,
    identity: undefined,
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    getRemainingTimeInMillis: () => deadlineMs - Date.now(),
  };
}

function serializeResult(result) {
  try {
    return JSON.stringify(result === undefined ? null : result) ?? 'null';
  } catch {
    throw runtimeError('Runtime.JSONStringifyError', 'Unable to stringify response body');
  }
}

async function invoke(handler, { headers, body }) {
  const requestId = headers['lambda-runtime-aws-request-id'];
  process.env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'];
  currentRequestId = requestId;
  try {
    const result = await handler(JSON.parse(body.toString('utf8')), createContext(headers));
    await call('POST', `/invocation/${requestId}/response`, { body: serializeResult(result) });
  } catch (error) {
    await postError(`/invocation/${requestId}/error`, error);
  }
  currentRequestId = null;
}

/** An error outside the handler's promise ends the sandbox, and the invocation it happened in. */
async function fail(error, exitCode) {
  try {
    if (currentRequestId !== null) await postError(`/invocation/${currentRequestId}/error`, error);
    else process.stderr.write(`${describeError(error).trace.join('\n')}\n`);
  } finally {
    process.exit(exitCode);
  }
}

process.on('uncaughtException', (error) => void fail(error, 129));
process.on('unhandledRejection', (reason) => {
  const message = `${reason instanceof Error ? `${reason.name}: ${reason.message}` : String(reason)}`;
  const error = runtimeError('Runtime.UnhandledPromiseRejection', message);
  if (reason instanceof Error) error.stack = reason.stack;
  void fail(error, 128);
});
// A handler whose promise can never settle leaves the event loop empty.
process.on('beforeExit', () => process.exit(0));

let handler;
try {
  handler = await loadHandler();
} catch (error) {
  await postError('/init/error', error);
  process.exit(1);
}
for (;;) await invoke(handler, await call('GET', '/invocation/next'));
