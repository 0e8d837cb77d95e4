import assert from 'node:assert/strict';
import test from 'node:test';
import { encode, sign } from '../../public/console/sigv4.js';

const key = { id: 'AKIDEXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const date = new Date('2015-08-30T12:36:00Z');

// The first ones are of AWS' published test suite for Signature Version 4, the others were signed by aws-sdk-go-v2.
const vectors = [
  ['get-vanilla', 'service', 'GET', 'https://example.amazonaws.com/', {}, '',
    '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  ['post-vanilla', 'service', 'POST', 'https://example.amazonaws.com/', {}, '',
    '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
  ['get-vanilla-query-order-key-case', 'service', 'GET', 'https://example.amazonaws.com/?Param2=value2&Param1=value1', {}, '',
    'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500'],
  ['post-x-www-form-urlencoded', 'service', 'POST', 'https://example.amazonaws.com/', { 'Content-Type': 'application/x-www-form-urlencoded' },
    'Param1=value1', 'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a'],
  ['a function by its ARN', 'lambda', 'POST',
    'http://127.0.0.1:8080/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Aimage/invocations?Qualifier=prod',
    { 'X-Amz-Invocation-Type': 'RequestResponse', 'X-Amz-Log-Type': 'Tail' }, '{"operation":"ping"}',
    '1a9749314220c90b2955f2ded542598d5a5badc2d8945d0d91c7ebe9c18e42a0'],
  ['a query of a table', 'dynamodb', 'POST', 'http://127.0.0.1:8080/',
    { 'Content-Type': 'application/x-amz-json-1.0', 'X-Amz-Target': 'DynamoDB_20120810.Query' }, '{"TableName":"a b"}',
    '346d3a920c986b9a151de41b7342d6ee3a77111e93128dee2431c8de67ff654c'],
  ['a query string to encode', 'lambda', 'GET', 'http://127.0.0.1:8080/2015-03-31/functions?MaxItems=50&Marker=%2Fa%20b%2A', {}, '',
    '8b0722e5a9f4eba93ffd647d4d8dab2f0659c56bee99240e35e8b0843546d109'],
];
for (const [name, service, method, url, headers, body, signature] of vectors) {
  test(name, async () => {
    const sent = await sign({ method, url: new URL(url), headers, body }, key, { region: 'us-east-1', service, date });
    const names = [...Object.keys(headers), 'host', 'x-amz-date'].map((n) => n.toLowerCase()).sort().join(';');
    assert.equal(sent.Authorization,
      `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/${service}/aws4_request, SignedHeaders=${names}, Signature=${signature}`);
    assert.deepEqual(sent, { ...headers, 'X-Amz-Date': '20150830T123600Z', Authorization: sent.Authorization });
  });
}

test('only unreserved characters stay', () => {
  assert.equal(encode("Az09-_.~ !'()*/ü"), 'Az09-_.~%20%21%27%28%29%2A%2F%C3%BC');
});
