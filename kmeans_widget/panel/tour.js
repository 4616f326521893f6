// The short tour: four hints, one after the other, beside the first panel that is ever opened in this
// browser. It takes no focus, a click on what it points at goes on, and Escape ends it for good.
const HINTS = [
  ['.kmeans-step', 'takes the next half-step: points are assigned, then centroids recalculated.', 'Step'],
  ['.kmeans-play', 'takes one half-step after the other, until no point changes.', 'Play'],
  ['.kmeans-k', 'is the number of clusters: another one begins a new run.', 'K'],
  ['.kmeans-tools', 'in the picture: the run goes on from there. Undo takes it back.', 'Drag a centroid'],
];
const SEEN = 'kmeans-widget.tour';
const isOver = () => {
  try { return Boolean(localStorage.getItem(SEEN)); } catch { return Boolean(window.kmeansTourIsOver); }
};
const isWanted = () => !isOver() && !document.querySelector('.kmeans-tour')
  && !panel.matches('.kmeans-quiz, .kmeans-dead') && panel.querySelector('.kmeans-transport .kmeans-step:not([aria-disabled=true], :disabled)');
if (panel && !panel.dataset.toured) {
  panel.dataset.toured = 'yes';
  const bubble = document.createElement('div');
  bubble.className = 'kmeans-tour';
  bubble.setAttribute('role', 'group');
  bubble.setAttribute('aria-label', 'Short tour');
  bubble.innerHTML = `<p role="status"></p><button class="jupyter-button kmeans-next"></button>
    <button class="jupyter-button kmeans-no-more-hints">No more hints</button>`;
  const [words, next, end] = bubble.children;
  let at = -1, target = null;

  const place = () => {
    if (!target?.isConnected || !bubble.isConnected) return;
    const box = target.getBoundingClientRect(), frame = panel.getBoundingClientRect();
    const left = Math.max(8, Math.min(box.left - frame.left, frame.width - bubble.offsetWidth - 8));
    bubble.style.left = `${left}px`;
    bubble.style.top = `${box.bottom - frame.top + 9}px`;
    bubble.style.setProperty('--kmeans-tip', `${Math.min(box.width, 60) / 2 + box.left - frame.left - left}px`);
  };
  const resized = new ResizeObserver(place);
  const leave = () => {
    try { localStorage.setItem(SEEN, 'over'); } catch { window.kmeansTourIsOver = true; }
    target?.classList.remove('kmeans-hinted');
    resized.disconnect();
    bubble.remove();
  };
  const goOn = () => {
    target?.classList.remove('kmeans-hinted');
    at += 1;
    if (at === HINTS.length) return leave();
    const [selector, text, name] = HINTS[at];
    target = panel.querySelector(selector);
    target.classList.add('kmeans-hinted');
    words.innerHTML = `<em>${at + 1} of ${HINTS.length}</em> <b>${name}</b> ${text}`;
    next.textContent = at + 1 < HINTS.length ? 'Next' : 'Done';
    end.hidden = at + 1 === HINTS.length;
    place();
    if (at > 0) bubble.scrollIntoView({block: 'nearest'});
  };
  next.addEventListener('click', goOn);
  end.addEventListener('click', leave);
  panel.addEventListener('click', event => { if (bubble.isConnected && target.contains(event.target)) goOn(); });
  panel.addEventListener('keydown', event => { if (event.key === 'Escape' && bubble.isConnected) leave(); });
  const begin = () => {
    if (!isWanted()) return;
    panel.prepend(bubble);  // the first that Tab reaches
    resized.observe(panel);
    goOn();
  };
  // Once the panel is seen: with its picture, so that nothing moves any more.
  const seen = new IntersectionObserver(([{isIntersecting}]) => {
    if (!isIntersecting) return;
    seen.disconnect();
    setTimeout(begin, 600);
  });
  seen.observe(panel);
}
