"""The measurements of ``Scores``, a file a theme: numbers from ``metrics``, intervals from ``statistics``.

Each public function whose first parameter is ``self`` is a method of ``Scores``, which assigns it.
"""
