/** Larger ones go straight to the store: the server takes no more. */
const MOST_BYTES_THROUGH_SERVER = 4 * 1024 * 1024;

const gallery = document.querySelector('.gallery');
const status = document.querySelector('[role=status]');
const more = document.querySelector('.more');
let after = null;

/** @returns what the server said; throws an Error with a sentence for people. */
async function ask(path, init) {
  const answer = await fetch(path, init);
  const body = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) throw new Error(body.error);
  return body;
}

function itemOf({ image_id, title, src, srcset, placeholder }, file) {
  const item = document.createElement('li');
  const picture = document.createElement('img');
  picture.alt = title;
  picture.loading = 'lazy';
  picture.sizes = '(min-width: 40rem) 16rem, 100vw';
  if (placeholder) picture.style.backgroundImage = `url(${placeholder})`;
  if (srcset) picture.srcset = srcset;
  // Not ready yet: what was picked is on this machine.
  picture.src = src ?? (file ? URL.createObjectURL(file) : '');
  const remove = document.createElement('button');
  remove.type = 'button';
  remove.textContent = 'Delete';
  remove.setAttribute('aria-label', `Delete ${title}`);
  remove.addEventListener('click', async () => {
    try {
      await ask(`api/images/${image_id}`, { method: 'DELETE' });
      item.remove();
    } catch (error) {
      status.textContent = error.message;
    }
  });
  item.append(picture, remove);
  return item;
}

function uploadThroughServer(file, key) {
  const query = new URLSearchParams({ filename: file.name });
  const headers = { 'content-type': file.type, 'idempotency-key': key };
  return ask(`api/images?${query}`, { method: 'POST', headers, body: file });
}

async function uploadStraight(file, key) {
  const { image_id, upload } = await ask('api/uploads', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify({ filename: file.name, content_type: file.type, size_bytes: file.size }),
  });
  const sent = await fetch(upload.url, { method: 'PUT', headers: upload.headers, body: file });
  if (!sent.ok) throw new Error('The picture did not arrive.');
  return ask(`api/uploads/${image_id}/complete`, { method: 'POST' });
}

document.querySelector('input[type=file]').addEventListener('change', async ({ target }) => {
  for (const file of target.files) {
    status.textContent = `Uploading ${file.name} …`;
    try {
      const upload = file.size > MOST_BYTES_THROUGH_SERVER ? uploadStraight : uploadThroughServer;
      gallery.prepend(itemOf(await upload(file, crypto.randomUUID()), file));
      status.textContent = `${file.name} is there.`;
    } catch (error) {
      status.textContent = `${file.name}: ${error.message}`;
    }
  }
  target.value = '';
});

async function showMore() {
  const page = await ask(`api/images${after ? `?after=${encodeURIComponent(after)}` : ''}`);
  gallery.append(...page.pictures.map((picture) => itemOf(picture)));
  after = page.after;
  more.hidden = after === null;
}

more.addEventListener('click', showMore);
await showMore();
