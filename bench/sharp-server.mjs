// The peer: sharp behind node:http, with the same jobs as Bluerose's HTTPS API.
import http from 'node:http';
import sharp from 'sharp';

const encoders = {
  jpeg: (image) => image.jpeg({ quality: 80 }),
  webp: (image) => image.webp({ quality: 80 }),
  png: (image) => image.png(),
};

const jobs = {
  '/resize': (body, query) => encoders[query.get('output')](sharp(body).resize(512)).toBuffer(),
  '/negate': (body) => sharp(body).negate({ alpha: false }).png().toBuffer(),
  '/json': async (body) => {
    const event = JSON.parse(body);
    const picture = await encoders.jpeg(sharp(Buffer.from(event.base64Image, 'base64')).resize(512)).toBuffer();
    return JSON.stringify(picture.toString('base64'));
  },
  '/ping': () => '"pong"',
};

const server = http.createServer((request, response) => {
  const url = new URL(request.url, 'http://peer');
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', async () => {
    try {
      response.end(await jobs[url.pathname](Buffer.concat(chunks), url.searchParams));
    } catch (error) {
      response.statusCode = 500;
      response.end(String(error));
    }
  });
});
server.keepAliveTimeout = 0; // connections wait for their next turn
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
