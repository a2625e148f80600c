// Stands in for the one native part of AWS's runtime client, `rapid-client.node`, which asks Lambda's Runtime
// API for events and posts what the function makes of them: so that its tests need no compiler. To be loaded
// before the runtime client (`node --require`); all the rest of it is AWS's own code.
const { Agent, request } = require('node:http');
const { registerHooks } = require('node:module');
const { pathToFileURL } = require('node:url');

registerHooks({
  resolve: (specifier, context, nextResolve) =>
    specifier.endsWith('/rapid-client.node')
      ? { url: pathToFileURL(__filename).href, format: 'commonjs', shortCircuit: true }
      : nextResolve(specifier, context),
});

const [hostname, port] = (process.env.AWS_LAMBDA_RUNTIME_API ?? '').split(':');
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

const call = (method, path, body, headers = {}) =>
  new Promise((resolve, reject) => {
    const options = {
      hostname,
      port,
      agent,
      method,
      path: `/2018-06-01/runtime/invocation/${path}`,
      headers,
    };
    const outgoing = request(options, async (response) => {
      try {
        const chunks = await response.toArray();
        if (response.statusCode >= 300) throw new Error(`${method} ${path}: ${response.statusCode}`);
        resolve({ bodyJson: Buffer.concat(chunks).toString(), headers: response.headers });
      } catch (error) {
        reject(error);
      }
    });
    outgoing.on('error', reject).end(body);
  });

/** The native part posts before it returns. This one cannot, so that the next event waits for the post. */
let posted = Promise.resolve();

const post = (path, body, headers) => {
  posted = call('POST', path, body, { 'content-type': 'application/json', ...headers });
};

module.exports = {
  async next() {
    await posted;
    return call('GET', 'next');
  },
  done: (id, body) => post(`${id}/response`, body),
  error: (id, body, cause) =>
    post(`${id}/error`, body, { 'lambda-runtime-function-xray-error-cause': cause }),
};
