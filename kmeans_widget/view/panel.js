// What ipywidgets and ipympl leave out: names for screen readers, Escape, a canvas that lets keys
// pass and knows its scale, and copying. Without it the panel works all the same, by its buttons.
const panel = this.closest('.kmeans-widget');
if (panel && !panel.dataset.kmeans) {
  panel.dataset.kmeans = 'dressed';
  const canvas = event => event.target.closest?.('.jupyter-matplotlib-canvas-div');

  panel.addEventListener('keydown', event => {
    if (event.key === 'Escape') panel.querySelector('.kmeans-leave').click();
    if (canvas(event)) event.stopPropagation();
  }, true);

  // ipympl takes the place on the screen for the place on the picture, which may be drawn smaller.
  for (const type of ['mousedown', 'mousemove', 'mouseup', 'dblclick']) {
    panel.addEventListener(type, event => {
      if (!event.isTrusted || !canvas(event) || event.target.tagName !== 'CANVAS') return;
      const box = event.target.getBoundingClientRect();
      const scale = event.target.width / box.width;
      if (Math.abs(scale - 1) < 0.002) return;
      event.stopPropagation();
      const {button, buttons, ctrlKey, shiftKey, altKey, metaKey} = event;
      event.target.dispatchEvent(new MouseEvent(type, {
        button, buttons, ctrlKey, shiftKey, altKey, metaKey, bubbles: true, cancelable: true,
        clientX: box.left + scale * (event.clientX - box.left),
        clientY: box.top + scale * (event.clientY - box.top),
      }));
    }, true);
  }

  panel.addEventListener('click', event => {
    const button = event.target.closest('.kmeans-copy');
    if (!button) return;
    getSelection().selectAllChildren(button.parentElement.querySelector('pre'));
    button.textContent = document.execCommand('copy') ? 'Copied' : 'Press Ctrl+C';
  });

  const name = () => {
    for (const slider of panel.querySelectorAll('.widget-slider')) {
      const label = slider.querySelector('.widget-label').textContent;
      slider.querySelector('.noUi-handle')?.setAttribute('aria-label', label);
      slider.querySelector('.widget-readout')?.setAttribute('aria-label', `${label}, value`);
    }
    for (const button of panel.querySelectorAll('.widget-toggle-button, .widget-toggle-buttons button')) {
      const open = String(button.classList.contains('mod-active'));
      button.setAttribute(
        button.classList.contains('kmeans-fold') ? 'aria-expanded' : 'aria-pressed', open);
    }
    const image = panel.querySelector('img.kmeans-still');
    if (image) image.alt = panel.querySelector('.kmeans-status').textContent.trim();
    const picture = panel.querySelector('.jupyter-matplotlib-canvas-div');
    if (picture && picture.tabIndex === 0) {
      picture.tabIndex = -1;  // it has nothing that keys could do
      picture.focus = () => HTMLElement.prototype.focus.call(picture, {preventScroll: true});
    }
  };
  new MutationObserver(name).observe(
    panel, {attributeFilter: ['class'], childList: true, subtree: true});
  name();
}
