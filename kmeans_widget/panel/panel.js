// What ipywidgets and ipympl lack: names and announcements for screen readers, keys that go to the
// panel instead of the notebook, a focus that is never lost, Escape, a canvas that lets keys pass and
// handles scaling, and copying. Where scripts are blocked, the panel works without it.
const panel = this.closest('.kmeans-widget');
if (panel && !panel.dataset.kmeans) {
  panel.dataset.kmeans = 'ready';
  panel.setAttribute('role', 'group');
  panel.setAttribute('aria-label', this.dataset.name);
  const canvas = event => event.target.closest?.('.jupyter-matplotlib-canvas-div');

  panel.addEventListener('keydown', event => {
    if (event.key === 'Escape') panel.querySelector('.kmeans-leave').click();
    if (canvas(event)) event.stopPropagation();
  }, true);

  // JupyterLab handles plain keys first: `x` cuts the cell, arrows leave it. This attribute on the
  // focused element prevents that; Ctrl+S and other shortcuts are left to JupyterLab.
  const keep = event => event.target.toggleAttribute?.(
    'data-lm-suppress-shortcuts', !event.ctrlKey && !event.metaKey && !event.altKey);
  panel.addEventListener('focusin', () => window.addEventListener('keydown', keep, true));
  panel.addEventListener('focusout', () => window.removeEventListener('keydown', keep, true));

  // When the focused control is disabled, hidden or replaced, the focus moves to the active button in
  // its row, or else to the nearest control of its kind, preferably before it.
  const usable = control => !control.disabled && control.getClientRects().length > 0;
  let focused = null, row = null;
  panel.addEventListener('focusin', event => {
    focused = event.target;
    row = focused.closest('.widget-box');
    // A point is announced if it was requested in the form, not if the mouse hovers over it.
    const asked = Boolean(focused.closest('.kmeans-folded'));
    panel.querySelector('.kmeans-card').setAttribute('aria-live', asked ? 'polite' : 'off');
  });
  panel.addEventListener('focusout', ({target}) => queueMicrotask(() => {
    if (focused === target && usable(target)) focused = null;  // the user has left it
  }));
  const moveFocus = () => {
    if (!focused || usable(focused)) return;
    const kind = [...row.querySelectorAll(focused.tagName)];
    const at = kind.indexOf(focused);
    const candidates = [...row.querySelectorAll('.mod-active'), ...kind.slice(0, at).reverse(),
                        ...kind.slice(at + 1)];
    candidates.find(usable)?.focus();  // if none is usable, when one is enabled
  };
  // Enter in a field clicks the button next to it, with the current text of the field.
  panel.addEventListener('keydown', event => {
    if (event.key !== 'Enter' || !event.target.matches('.kmeans-folded input')) return;
    event.target.dispatchEvent(new Event('change', {bubbles: true}));
    event.target.closest('.widget-box').querySelector('button:not(.kmeans-hidden)')?.click();
  }, true);

  // While the slider of K is dragged, no message is sent to the kernel, so the field is updated here.
  new MutationObserver(() => {
    const handle = panel.querySelector('.kmeans-setup .noUi-active');
    const field = panel.querySelector('.kmeans-k input');
    if (handle && field) field.value = Math.round(handle.getAttribute('aria-valuenow'));
  }).observe(panel, {attributeFilter: ['aria-valuenow'], subtree: true});

  // ipympl assumes that the picture is displayed at full size; scale the position of the mouse.
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

  // Below and left of the map, the full name of the axis is a tooltip.
  const {x, y} = this.dataset;
  const zoom = () => Number(getComputedStyle(panel).getPropertyValue('--kmeans-zoom')) || 1;
  panel.addEventListener('mousemove', event => {
    const picture = event.target.closest('.kmeans-canvas > *');
    if (!picture || !event.isTrusted) return;
    const box = picture.getBoundingClientRect();
    const across = (event.clientX - box.left) / zoom(), down = (event.clientY - box.top) / zoom();
    const floor = (box.width / zoom() - 82) / 1.56;  // of the map, as in plot/figure.py
    picture.title = Math.abs(down - floor - 32) < 18 ? x : across < 60 && down < floor ? y : '';
  }, true);

  // The first picture has 100 dots per inch, so it fills only a corner of a canvas with a higher
  // resolution; it is enlarged until the next one arrives.
  const paint = CanvasRenderingContext2D.prototype.drawImage;
  const opaque = (canvas, x, y) => canvas.getContext('2d').getImageData(x, y, 1, 1).data[3] > 0;
  const enlarge = (pen, source) => {
    const {width, height} = source, scale = devicePixelRatio;
    if (scale === 1 || (width && opaque(source, width - 1, height - 1))) return false;
    if (width && opaque(source, 0, 0)) {
      paint.call(pen, source, 0, 0, width / scale, height / scale, 0, 0, width, height);
    }
    return true;
  };

  // ipympl encodes every frame as text, in case the notebook is saved with the state of its widgets.
  // That takes most of the browser's time, so here a frame is encoded only when it is needed.
  const spare = canvas => {
    const pen = canvas.getContext('2d');
    enlarge(pen, canvas);
    pen.drawImage = (source, ...place) => {
      const text = HTMLCanvasElement.prototype.toDataURL.bind(source);
      const later = {toJSON: text, toString: text};
      source.toDataURL = () => later;
      paint.call(pen, source, ...place);
      if (!enlarge(pen, source)) delete pen.drawImage;
    };
  };

  panel.addEventListener('click', event => {
    const button = event.target.closest('.kmeans-copy');
    if (!button) return;
    getSelection().selectAllChildren(button.parentElement.querySelector('pre'));
    button.textContent = document.execCommand('copy') ? 'Copied' : 'Press Ctrl+C';
  });

  const set = (element, attributes) => {
    for (const [name, value] of Object.entries(element ? attributes : {})) {
      if (element.getAttribute(name) !== value) element.setAttribute(name, value);
    }
  };
  const name = () => {
    for (const slider of panel.querySelectorAll('.widget-slider')) {
      const label = slider.querySelector('.widget-label').textContent;
      const readout = slider.querySelector('.widget-readout');
      set(slider.querySelector('.noUi-handle'), {
        'aria-label': label, 'aria-valuetext': readout.textContent});
      if (readout.isContentEditable && readout.style.display !== 'none') {
        set(readout, {role: 'textbox', 'aria-label': `${label}, value`});
      }
    }
    set(panel.querySelector('.kmeans-k input'), {'aria-label': 'Clusters K, value'});
    for (const button of panel.querySelectorAll('.widget-toggle-button, .widget-toggle-buttons button')) {
      const open = String(button.classList.contains('mod-active'));
      set(button, {
        [button.classList.contains('kmeans-fold') ? 'aria-expanded' : 'aria-pressed']: open});
    }
    set(panel.querySelector('.kmeans-modes'), {role: 'group', 'aria-label': 'Tools'});
    set(panel.querySelector('.kmeans-tabs'), {role: 'group', 'aria-label': 'Beside the picture'});
    set(panel.querySelector('.kmeans-legend'), {role: 'group', 'aria-label': 'Clusters shown'});
    const status = panel.querySelector('.kmeans-status .widget-html-content');
    set(status, {role: 'status', 'aria-live': 'polite', 'aria-atomic': 'true'});
    set(panel.querySelector('.kmeans-notice .widget-html-content'), {role: 'alert'});
    const says = status?.textContent.trim() ?? '';  // empty while the panel is being built
    set(panel.querySelector('img.kmeans-still'), {alt: says});
    const room = panel.querySelector('.kmeans-canvas');
    if (room && !told && panel.querySelector('.kmeans-room input')) observer.observe(room);
    const picture = panel.querySelector('.jupyter-matplotlib-canvas-div');
    set(picture, {role: 'img', 'aria-label': says});
    if (picture && picture.tabIndex === 0) {
      spare(picture.querySelector('canvas'));
      picture.tabIndex = -1;  // it has no keyboard functions
      picture.focus = () => HTMLElement.prototype.focus.call(picture, {preventScroll: true});
    }
  };
  // The picture is drawn for the room that it has, in steps of 20 pixels: at any usual scaling that is
  // a whole number of dots, so that nothing is blurred.
  let told = '';
  const tellRoom = ([{target, contentRect}]) => {
    const width = Math.floor(contentRect.width / zoom() / 20) * 20;
    const room = `${width} ${zoom() * devicePixelRatio}`;
    if (width < 200 || room === told) return;  // hidden, or as before
    told = room;
    panel.style.setProperty('--kmeans-width', `${width * zoom()}px`);
    const field = panel.querySelector('.kmeans-room input');
    field.value = room;
    field.dispatchEvent(new Event('change', {bubbles: true}));
  };
  let waiting = 0;
  const observer = new ResizeObserver(entries => {
    clearTimeout(waiting);  // while a window is dragged, its last size is enough
    waiting = setTimeout(tellRoom, told ? 150 : 0, entries);
  });

  panel.addEventListener('click', event => {
    if (!event.target.closest('.kmeans-full-screen')) return;
    if (document.fullscreenElement) document.exitFullscreen(); else panel.requestFullscreen();
  });

  const follow = () => { name(); moveFocus(); };
  new MutationObserver(follow).observe(panel, {
    attributeFilter: ['class', 'disabled', 'aria-valuetext'], childList: true, subtree: true});
  name();
}
