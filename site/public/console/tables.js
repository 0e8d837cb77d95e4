// The results of tests as the table `results` keeps them, and their summaries.

const RESULTS = 'results';
const SUMMARIES = 'summaries';
const MAX_SUMMARIES = 2000;
const BATCH = 25; // writes of one call, as in DynamoDB
const SUMMARY_FIELDS = ['testId', 'results', 'passed', 'failed', 'coldStarts', 'p50Ms', 'p90Ms', 'p99Ms', 'maxMs', 'throughput', 'first', 'last'];
const SAMPLE_FIELDS = ['iteration', 'started', 'durationMs', 'passed'];

/**
 * A value in DynamoDB's JSON, where every value says its type, as plain JSON.
 * @param {object} typed such as {N: "7"}
 */
export function plain(typed) {
  const [[type, value]] = Object.entries(typed);
  switch (type) {
    case 'N': return Number(value);
    case 'L': return value.map(plain);
    case 'M': return plainItem(value);
    case 'NULL': return null;
    default: return value; // S and BOOL
  }
}

const plainItem = (item) => Object.fromEntries(Object.entries(item).map(([name, value]) => [name, plain(value)]));

// Names stand behind # so that none is one of DynamoDB's reserved words.
function projection(fields) {
  return {
    ProjectionExpression: fields.map((_, i) => `#f${i}`).join(', '),
    names: Object.fromEntries(fields.map((field, i) => [`#f${i}`, field])),
  };
}

const key = (testId, iteration) => ({ testId: { S: testId }, iteration: { N: String(iteration) } });

/**
 * The tables behind a client.
 * @param {{dynamo: (operation: string, input: object, signal?: AbortSignal) => Promise<object>}} aws
 */
export function createTables(aws) {
  /**
   * A page of a test's results.
   * @param {string} testId
   * @param {{after?: number|null, limit?: number, fields?: string[], failed?: boolean, descending?: boolean}} what after is
   * the iteration before the page; limit is how many are looked at, 1,000 at most
   * @returns {Promise<{items: object[], next: number|null}>} next is for after of the page behind it
   */
  async function page(testId, { after = null, limit, fields, failed = false, descending = false }, signal) {
    const { names = {}, ...projected } = fields ? projection(fields) : {};
    const input = {
      TableName: RESULTS, KeyConditionExpression: '#test = :test', ScanIndexForward: !descending, ...projected,
      ExpressionAttributeNames: { '#test': 'testId', ...names }, ExpressionAttributeValues: { ':test': { S: testId } },
    };
    if (failed) {
      input.FilterExpression = '#passed = :passed';
      input.ExpressionAttributeNames['#passed'] = 'passed';
      input.ExpressionAttributeValues[':passed'] = { BOOL: false };
    }
    if (limit) input.Limit = limit;
    if (after !== null) input.ExclusiveStartKey = key(testId, after);
    const answer = await aws.dynamo('Query', input, signal);
    return { items: answer.Items.map(plainItem), next: answer.LastEvaluatedKey ? Number(answer.LastEvaluatedKey.iteration.N) : null };
  }

  return {
    page,

    /** A page of results with only what the charts need, as samples (see series.js) with their iteration. */
    async samples(testId, what, signal) {
      const { items, next } = await page(testId, { ...what, fields: SAMPLE_FIELDS }, signal);
      return {
        next,
        items: items.map(({ iteration, started, durationMs, passed }) => ({ iteration, started: Date.parse(started), duration: durationMs, passed })),
      };
    },

    /** The summary of a test; null where there is none, or nothing in it. */
    async summary(testId, signal) {
      const { Item } = await aws.dynamo('GetItem', { TableName: SUMMARIES, Key: { testId: { S: testId } } }, signal);
      const summary = Item && plainItem(Item);
      return summary?.results > 0 ? summary : null;
    },

    /**
     * The summaries of all tests that have results, without their histograms.
     * @returns {Promise<{tests: object[], more: boolean}>} more says that there are others than these
     */
    async summaries(signal) {
      const { names, ...projected } = projection(SUMMARY_FIELDS);
      const tests = [];
      let next;
      do {
        const answer = await aws.dynamo('Scan', {
          TableName: SUMMARIES, ...projected, ExpressionAttributeNames: names, ...(next && { ExclusiveStartKey: next }),
        }, signal);
        tests.push(...answer.Items.map(plainItem).filter((summary) => summary.results > 0));
        next = answer.LastEvaluatedKey;
      } while (next && tests.length < MAX_SUMMARIES);
      return { tests, more: Boolean(next) };
    },

    /**
     * Removes all results of a test; its summary follows.
     * @param {string} testId
     * @param {(removed: number) => void} progress
     * @param {AbortSignal} [signal]
     */
    async remove(testId, progress, signal) {
      let removed = 0;
      let after = null;
      do {
        const { items, next } = await page(testId, { after, fields: ['iteration'] }, signal);
        for (let i = 0; i < items.length; i += BATCH) {
          const batch = items.slice(i, i + BATCH);
          let left = { [RESULTS]: batch.map(({ iteration }) => ({ DeleteRequest: { Key: key(testId, iteration) } })) };
          for (let tries = 0; Object.keys(left).length; tries++) {
            if (tries === 10) throw new Error('The table does not take the changes; try again later.');
            left = (await aws.dynamo('BatchWriteItem', { RequestItems: left }, signal)).UnprocessedItems ?? {};
          }
          progress(removed += batch.length);
        }
        after = next;
      } while (after !== null);
    },
  };
}
