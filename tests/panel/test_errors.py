import threading

from kmeans_widget.panel.errors import ErrorGuard


def test_a_callback_waits_for_the_lock():
    lock, done = threading.RLock(), []
    callback = threading.Thread(target=ErrorGuard(lock, report=print)(done.append), args=(1,))
    with lock:
        callback.start()
        callback.join(0.05)
        assert done == []
    callback.join(10)
    assert done == [1]
