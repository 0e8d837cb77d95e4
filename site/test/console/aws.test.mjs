import assert from 'node:assert/strict';
import test from 'node:test';
import { AwsError, createAws } from '../../public/console/aws.js';

const key = { id: 'AKIDEXAMPLE', secret: 'secret' };

function clientOf(...answers) {
  const calls = [];
  const aws = createAws({
    key, base: 'http://127.0.0.1:8080', now: () => new Date(0),
    fetch: async (url, init) => {
      calls.push({ url: String(url), ...init });
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  return { aws, calls };
}
const refused = (type, message, status = 403) => new Response(JSON.stringify({ message }), { status, headers: { 'x-amzn-errortype': type, 'x-amzn-requestid': 'r' } });

test('an invocation is signed and says how it went', async () => {
  const { aws, calls } = clientOf(new Response('"pong"', {
    headers: { 'x-amzn-requestid': 'r', 'x-amz-executed-version': '7', 'x-amz-log-result': Buffer.from('Grüße').toString('base64') },
  }));
  assert.deepEqual(await aws.invoke({ name: 'image', qualifier: 'prod', event: '{}' }),
    { text: '"pong"', requestId: 'r', version: '7', error: '', log: 'Grüße' });
  const [{ url, method, headers, body, credentials }] = calls;
  assert.equal(url, 'http://127.0.0.1:8080/2015-03-31/functions/image/invocations?Qualifier=prod');
  assert.deepEqual([method, body, credentials, headers['X-Amz-Log-Type']], ['POST', '{}', 'omit', 'Tail']);
  assert.match(headers.Authorization, /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/19700101\/us-east-1\/lambda\/aws4_request, /);
  assert.ok(!JSON.stringify(calls).includes('"secret"'));
});

test('lists are read page by page', async () => {
  const { aws, calls } = clientOf(Response.json({ Functions: [1], NextMarker: 'a/b' }), Response.json({ Functions: [2] }));
  assert.deepEqual(await aws.functions(), [1, 2]);
  assert.equal(calls[1].url, 'http://127.0.0.1:8080/2015-03-31/functions?Marker=a%2Fb');
});

for (const [name, answer, says] of [
  ['an unknown key', refused('UnrecognizedClientException', 'The security token included in the request is invalid.'), /no such access key/],
  ['a wrong secret', refused('InvalidSignatureException', 'The request signature we calculated does not match'), /secret does not belong/],
  ['a clock that is wrong', refused('InvalidSignatureException', 'Signature expired: 1 is now earlier than 2'), /clock of this device/],
  ['an error of the service', refused('ResourceNotFoundException', 'Function not found: x', 404), /^Function not found: x$/],
  ['an error of DynamoDB', Response.json({ __type: 'com.amazonaws.dynamodb.v20120810#ThrottlingException', message: 'Slower.' }, { status: 400 }), /^Slower\.$/],
  ['an answer of something else', new Response('<html>', { status: 502 }), /status 502/],
  ['a service that is not there', new TypeError('Failed to fetch'), /127\.0\.0\.1:8080 cannot be reached/],
]) {
  test(`${name} is said in words`, async () => {
    await assert.rejects(clientOf(answer).aws.dynamo('Query', {}), (e) => e instanceof AwsError && says.test(e.message));
  });
}
