import { describe, expect, it, onTestFinished } from 'vitest';
import { createLambdaFunctionInvoker } from '#adapters/aws/lambda-function-invoker.ts';
import { startGateway } from '#embedded/gateway/gateway.ts';
import type { FunctionInvoker } from '#ports/function-invoker.ts';
import { createLambdaClient, localTarget } from '#runtime/aws-clients.ts';
import { startLambda, writeFunction } from '../../embedded/lambda/start-lambda.ts';
import { type Fault, jsonError, startFaultyEndpoint } from './faulty-endpoint.ts';

function invokerAt(endpoint: string): FunctionInvoker {
  const client = createLambdaClient(localTarget(endpoint));
  onTestFinished(() => client.destroy());
  return createLambdaFunctionInvoker(client);
}

/** The emulated Lambda with one function, through its wire protocol. */
async function startFunction(source: string): Promise<FunctionInvoker> {
  const { service } = startLambda();
  service.ensureFunction(writeFunction(source));
  const gateway = await startGateway({
    port: 0,
    services: { lambda: service },
    health: () => null,
  });
  onTestFinished(gateway.close);
  return invokerAt(gateway.endpoint);
}

async function startFaulty(fault: Fault) {
  const { endpoint, requests } = await startFaultyEndpoint([fault]);
  return { invoker: invokerAt(endpoint), requests };
}

describe('Lambda function invoker', () => {
  it('gives the payload and the tail of the log', async () => {
    const invoker = await startFunction(
      'export const handler = async (event) => { console.log("seen"); return { got: event.a }; };',
    );
    const result = await invoker.invoke('writer', '{"a":"ä"}');
    expect(result).toMatchObject({ payload: '{"got":"ä"}', failed: false });
    expect(result.logTail).toMatch(/^START [\s\S]*seen[\s\S]*\nREPORT /);
  });

  it('gives the error of a function that fails', async () => {
    const invoker = await startFunction(
      'export const handler = async () => { throw new TypeError("no rows"); };',
    );
    const { payload, failed } = await invoker.invoke('writer', '{}');
    expect(failed).toBe(true);
    expect(JSON.parse(payload)).toMatchObject({ errorType: 'TypeError', errorMessage: 'no rows' });
  });

  it('lists the functions', async () => {
    const invoker = await startFunction('export const handler = async () => 1;');
    expect(await invoker.listFunctions()).toEqual(['writer']);
  });

  it('throws USAGE for a function that does not exist', async () => {
    const invoker = await startFunction('export const handler = async () => 1;');
    await expect(invoker.invoke('reader', '{}')).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(/function reader was not invoked: Function not found/),
    });
  });

  it.each<[string, Fault]>([
    ['throttles', jsonError('TooManyRequestsException', 429)],
    ['fails', jsonError('ServiceException', 500)],
    ['hangs up', { kind: 'hang-up' }],
  ])(
    'asks once and throws SOURCE_UNAVAILABLE when Lambda %s: the function may have run',
    async (_what, fault) => {
      const { invoker, requests } = await startFaulty(fault);
      await expect(invoker.invoke('writer', '{}')).rejects.toMatchObject({
        code: 'SOURCE_UNAVAILABLE',
      });
      expect(requests).toHaveLength(1);
      await expect(invoker.listFunctions()).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
    },
  );
});
