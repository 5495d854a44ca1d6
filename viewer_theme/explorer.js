// A button on the study page of Orthanc Explorer that leads to the staff's form for this study.
(() => {
  const words = { de: 'Für Patienten freigeben', en: 'Share with patient' };
  const language = (navigator.language || '').toLowerCase().startsWith('de') ? 'de' : 'en';
  $('#study').live('pagebeforecreate', () => {
    const button = $('<a>')
      .attr({ id: 'patient-share', href: '#', 'data-role': 'button', 'data-icon': 'forward', 'data-theme': 'b' })
      .text(words[language]);
    button.insertAfter($('#study-info'));
    button.click(event => {
      event.preventDefault();
      const study = $.mobile.pageData && $.mobile.pageData.uuid;
      if (/^[0-9a-f]{8}(-[0-9a-f]{8}){4}$/.test(study || '')) {
        // Relative: Orthanc may stand under a path of a reverse proxy.
        window.location.href = `../patient-share/share?study=${study}`;
      }
    });
  });
})();
