// Loaded before a judge that has no setting for the address it listens on: it gets 127.0.0.1.
'use strict';
const net = require('node:net');

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function listenOnLoopback(...args) {
  const [first, second] = args;
  if (typeof first === 'object' && first !== null && 'port' in first) {
    return listen.call(this, { ...first, host: '127.0.0.1' }, ...args.slice(1));
  }
  if (typeof first !== 'number') return listen.apply(this, args);
  const rest = typeof second === 'string' ? args.slice(2) : args.slice(1);
  return listen.call(this, first, '127.0.0.1', ...rest);
};
