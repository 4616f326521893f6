// Sends a file in pieces: each when the kernel has shown that the one before has arrived.
const box = this.closest('.kmeans-upload'), app = this.closest('.kmeans-app');
if (box && app && !app.dataset.kmeans) {
  app.dataset.kmeans = 'ready';
  const PIECE = 2 ** 21;  // bytes; Jupyter's server accepts messages of 10 MiB
  let file = null, number = 0;

  const tell = piece => {
    const field = box.querySelector('.kmeans-piece input');
    field.value = JSON.stringify(piece);
    field.dispatchEvent(new Event('change', {bubbles: true}));
  };
  const send = start => {
    const {name, size} = file, piece = {number, name, size, start}, reader = new FileReader();
    reader.onload = () => {
      const data = reader.result.split(',')[1] ?? '';
      if (piece.number === number) tell({...piece, data});
    };
    reader.onerror = () => tell(piece);
    reader.readAsDataURL(file.slice(start, start + PIECE));
  };
  const begin = chosen => {
    if (!chosen) return;
    file = chosen;
    number += 1;
    send(0);
  };

  box.addEventListener('change', ({target}) => {
    if (target.type !== 'file') return;
    begin(target.files[0]);
    target.value = '';  // so that the same file can be chosen again
  });
  new MutationObserver(() => {
    const {number: of, next} = box.querySelector('.kmeans-progress progress')?.dataset ?? {};
    if (Number(of) === number && next !== box.dataset.sent) {
      box.dataset.sent = next;
      send(Number(next));
    }
  }).observe(box, {childList: true, subtree: true});

  // Screen readers announce what changes in an element that had this role before.
  app.addEventListener('focusin', () => {
    app.querySelector('.kmeans-understood .widget-html-content').setAttribute('role', 'status');
  });

  // A file can be dropped anywhere on the app.
  const isFile = event => event.dataTransfer?.types.includes('Files');
  app.addEventListener('dragover', event => {
    if (!isFile(event)) return;
    event.preventDefault();
    app.classList.add('kmeans-over');
  });
  app.addEventListener('dragleave', event => {
    if (!app.contains(event.relatedTarget)) app.classList.remove('kmeans-over');
  });
  app.addEventListener('drop', event => {
    if (!isFile(event)) return;
    event.preventDefault();
    event.stopPropagation();  // JupyterLab would put it into the folder of the notebook
    app.classList.remove('kmeans-over');
    begin(event.dataTransfer.files[0]);
  });
}
