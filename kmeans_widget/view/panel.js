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

  // Enter in a field does what the button beside it does, with what the field says now.
  panel.addEventListener('keydown', event => {
    if (event.key !== 'Enter' || !event.target.matches('.kmeans-folded input')) return;
    event.target.dispatchEvent(new Event('change', {bubbles: true}));
    event.target.closest('.widget-box').querySelector('button:not(.kmeans-hidden)').click();
  }, true);

  // While the slider of K is dragged, the kernel hears nothing: the field follows all the same.
  new MutationObserver(() => {
    const handle = panel.querySelector('.kmeans-setup .noUi-active');
    const field = panel.querySelector('.kmeans-k input');
    if (handle && field) field.value = Math.round(handle.getAttribute('aria-valuenow'));
  }).observe(panel, {attributeFilter: ['aria-valuenow'], subtree: true});

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
    const field = panel.querySelector('.kmeans-k input');
    field?.setAttribute('aria-label', field.title);
    for (const button of panel.querySelectorAll('.widget-toggle-button, .widget-toggle-buttons button')) {
      const open = String(button.classList.contains('mod-active'));
      button.setAttribute(
        button.classList.contains('kmeans-fold') ? 'aria-expanded' : 'aria-pressed', open);
    }
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
