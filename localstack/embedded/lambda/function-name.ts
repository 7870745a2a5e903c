import { LOCAL_ACCOUNT, LOCAL_REGION } from '#embedded/services.ts';

const FULL_ARN = /^arn:aws[\w-]*:lambda:([^:]+):(\d{12}):function:([\w-]+)(?::([\w$-]+))?$/;
const PARTIAL_ARN = /^(\d{12}):function:([\w-]+)(?::([\w$-]+))?$/;
const NAME = /^([\w-]+)(?::([\w$-]+))?$/;

/**
 * The function name in a name, partial ARN or ARN, with or without `:$LATEST`; null for another account,
 * region or version, none of which exist here. Source: Lambda API, FunctionName.
 */
export function functionNameOf(nameOrArn: string): string | null {
  const [, region, account, name, qualifier] = FULL_ARN.exec(nameOrArn) ?? [];
  if (name !== undefined) {
    const isHere = region === LOCAL_REGION && account === LOCAL_ACCOUNT;
    return isHere && isLatest(qualifier) ? name : null;
  }
  const [, partialAccount, partialName, partialQualifier] = PARTIAL_ARN.exec(nameOrArn) ?? [];
  if (partialName !== undefined) {
    return partialAccount === LOCAL_ACCOUNT && isLatest(partialQualifier) ? partialName : null;
  }
  const [, plainName, plainQualifier] = NAME.exec(nameOrArn) ?? [];
  return plainName !== undefined && isLatest(plainQualifier) ? plainName : null;
}

export function isLatest(qualifier: string | undefined): boolean {
  return qualifier === undefined || qualifier === '$LATEST';
}
